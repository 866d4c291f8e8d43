"""What was observed: the only room that reads foreign file formats or touches the network."""
