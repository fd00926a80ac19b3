"""Which pictures are decoded and looked at: the policy, the test for change, measured rates, the decoder."""
