"""Signing in and out, second factors, one's own sessions; the administrator's pages about people and their rights."""
