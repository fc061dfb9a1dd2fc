//! Let authorised signers take turns at sealing a chain (Clique, EIP-225; Aura): tentative heads, finality by depth.
