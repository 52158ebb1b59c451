"""The app's tables and the export views, as external assets."""
