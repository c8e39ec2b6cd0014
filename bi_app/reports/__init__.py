"""Parts of the library, the viewer and the editor of reports."""
