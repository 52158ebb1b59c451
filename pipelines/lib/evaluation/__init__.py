"""Whether a tuned model writes better resumes than the one in use, told from people it never learnt from."""
