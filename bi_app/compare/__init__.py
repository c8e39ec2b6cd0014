"""Parts of the page that puts branches and representatives side by side."""
