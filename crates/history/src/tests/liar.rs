//! A server that lies: what it answers costs no more than an honest answer, and nothing of it is kept.

use std::cell::Cell;

use ledger::Tip;

use super::*;
use crate::{Source, copy};

type Answer = fn(&[Block], Height) -> Vec<Block>;

struct Liar {
    genesis: Genesis,
    blocks: Vec<Block>,
    tip: Height,
    lineage: Lineage,
    answer: Answer,
    asked: Cell<usize>,
}

impl Source for Liar {
    fn genesis(&self) -> &Genesis {
        &self.genesis
    }
    fn tip(&self) -> Result<Tip, HistoryError> {
        Ok(Tip { height: self.tip, hash: self.blocks[0].header.hash(), ..Tip::EMPTY })
    }
    fn lineage(&self) -> Result<Lineage, HistoryError> {
        Ok(self.lineage.clone())
    }
    fn page(&self, from: Height, _: usize, _: usize) -> Result<Vec<Block>, HistoryError> {
        self.asked.set(self.asked.get() + 1);
        assert!(self.asked.get() < 100, "it is asked without end");
        Ok((self.answer)(&self.blocks, from))
    }
}

fn at(blocks: &[Block], from: Height) -> Vec<Block> {
    blocks.iter().filter(|block| block.header.height >= from).take(1).cloned().collect()
}

#[test]
fn a_lying_source_is_found_out_and_leaves_nothing_behind() {
    let lies: [(&str, Answer); 6] = [
        ("the same block again and again", |blocks, _| vec![blocks[0].clone(); 2]),
        ("a later one", |blocks, _| vec![blocks[4].clone()]),
        ("all of them, whatever is asked", |blocks, _| vec![blocks; 300].concat()),
        ("one without its certificate", |blocks, from| {
            let mut page = at(blocks, from);
            page.iter_mut().for_each(|block| block.seal = Seal::None);
            page
        }),
        ("one of another number", |blocks, from| {
            let mut page = at(blocks, from);
            page.iter_mut().for_each(|block| block.header.height = height(u64::MAX));
            page
        }),
        ("nothing", |_, _| Vec::new()),
    ];
    let (_, blocks) = chain(&genesis(), 6, 1);
    for (name, answer) in lies {
        for tip in [6, u64::MAX] {
            let (blocks, tip) = (blocks.clone(), height(tip));
            let lineage = Lineage::default();
            let liar =
                Liar { genesis: genesis(), blocks, tip, lineage, answer, asked: Cell::new(0) };
            let mut store = MemoryHistory::new(genesis());
            let error = refused(copy(&liar, &mut store, None, |_| ()));
            assert!(History::tip(&store).unwrap().height <= height(1), "{name}: {error}");
            assert_sound(&store);
        }
    }
    // An honest beginning is kept, and what the tip promises beyond it is missing.
    let (lineage, tip) = (Lineage::default(), height(u64::MAX));
    let liar = Liar { genesis: genesis(), blocks, tip, lineage, answer: at, asked: Cell::new(0) };
    let mut store = MemoryHistory::new(genesis());
    let error = refused(copy(&liar, &mut store, None, |_| ()));
    assert_eq!(History::tip(&store).unwrap().height, height(6), "{error}");
}
