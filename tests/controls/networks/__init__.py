"""Random small networks trained by JointTIAM, and what the audit says of all its theorems there."""
