"""One installation of Accord: settings, command line, worker, and which adapter serves which port."""
