"""Values of the model -> Rich renderables. Nothing here prints, and no text of a bank or an answer is ever markup."""
