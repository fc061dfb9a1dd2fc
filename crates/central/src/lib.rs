//! Order payloads by one trusted sequencer, or not at all: the unsafe baselines.
