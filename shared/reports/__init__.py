"""What leaves the platform as a file: a document made from the answers that are on the screen, and what writes it as a workbook, a PDF or a picture."""
