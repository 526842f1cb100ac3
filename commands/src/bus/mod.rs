//! The command bus. (Being written by the lead; the public surface below is settled.)
