"""The one truth: everything teamlore keeps, in one SQL database and one folder."""
