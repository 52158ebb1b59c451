"""The conversation: eleven questions whose answers become stories, job facts and trait scores."""
