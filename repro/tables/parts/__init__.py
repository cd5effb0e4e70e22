"""What several tables share: the claim, the measures, the verdicts, the request."""
