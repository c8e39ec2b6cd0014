"""The platform on one machine: embedded servers, the processes beside them, and what keeps them alive."""
