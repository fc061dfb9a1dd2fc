//! Order payloads by heights and rounds with locks, up to a third of the voting power Byzantine (Buchman, Kwon, Milosevic 2018).
