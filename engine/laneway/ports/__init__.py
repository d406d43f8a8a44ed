"""The protocols that the engine needs from the world, in domain verbs."""
