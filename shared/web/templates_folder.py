"""Makes this layer's templates known to a server."""

from flask import Blueprint

pages_folder = Blueprint("pages_folder", __name__, template_folder="templates")
