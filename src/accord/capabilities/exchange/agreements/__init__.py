"""What an agreement says, how it is signed, and the one function that lets a message pass under it."""
