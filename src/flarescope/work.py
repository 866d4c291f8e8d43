"""Work cut into units that may be done anywhere, in any order, and twice without harm."""
