"""The room: a full-screen answer screen, in Textual."""
