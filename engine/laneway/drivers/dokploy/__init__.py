"""The Dokploy driver, and the client with which other drivers reach a Dokploy panel."""
