"""From a person's facts and a job ad to the words of a resume."""
