//! What can be said of a module before it is compiled.

use wasmparser::{FunctionBody, Parser, Payload, TableInit};

use crate::{
    CODE_BYTES_MAX, FUNCTIONS_MAX, INTERFACE, LOCALS_MAX, MEMORY_PAGES_MAX, TABLE_ELEMENTS_MAX,
    Unfit, calls,
};

/// Looks through a module's sections; answers the pages of memory that it begins with.
///
/// # Errors
/// The first thing that it may not have.
pub(crate) fn scan(code: &[u8]) -> Result<u32, Unfit> {
    if code.len() > CODE_BYTES_MAX {
        return Err(Unfit::TooLarge);
    }
    let (mut pages, mut functions) = (0, 0_u32);
    for payload in Parser::new(0).parse_all(code) {
        #[expect(clippy::wildcard_enum_match_arm, reason = "not our own enum")]
        match payload.map_err(invalid)? {
            Payload::ImportSection(imports) => {
                for import in imports {
                    let import = import.map_err(invalid)?;
                    if import.module != INTERFACE || !calls::NAMES.contains(&import.name) {
                        return Err(Unfit::Imports);
                    }
                }
            }
            Payload::MemorySection(memories) => {
                if memories.count() > 1 {
                    return Err(Unfit::Memory);
                }
                for memory in memories {
                    let initial = memory.map_err(invalid)?.initial;
                    pages = u32::try_from(initial).map_err(|_| Unfit::Memory)?;
                }
                if pages > MEMORY_PAGES_MAX {
                    return Err(Unfit::Memory);
                }
            }
            Payload::TableSection(tables) => {
                for table in tables {
                    let table = table.map_err(invalid)?;
                    let is_null = matches!(table.init, TableInit::RefNull);
                    if table.ty.initial > u64::from(TABLE_ELEMENTS_MAX) || !is_null {
                        return Err(Unfit::Memory);
                    }
                }
            }
            Payload::StartSection { .. } => return Err(Unfit::Start),
            Payload::CodeSectionStart { count, .. } if count > FUNCTIONS_MAX => {
                return Err(Unfit::TooComplex);
            }
            Payload::CodeSectionEntry(body) => {
                functions += 1;
                check_locals(&body)?;
            }
            _ => {}
        }
    }
    if functions == 0 { Err(Unfit::Invalid) } else { Ok(pages) }
}

fn check_locals(body: &FunctionBody<'_>) -> Result<(), Unfit> {
    let mut all = 0_u32;
    for group in body.get_locals_reader().map_err(invalid)? {
        let (count, _) = group.map_err(invalid)?;
        all = all.saturating_add(count);
        if all > LOCALS_MAX {
            return Err(Unfit::TooComplex);
        }
    }
    Ok(())
}

fn invalid(_: wasmparser::BinaryReaderError) -> Unfit {
    Unfit::Invalid
}
