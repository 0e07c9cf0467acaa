"""What is asked for, before a disc is known: sources as pieces of samples, pauses, marks, texts."""
