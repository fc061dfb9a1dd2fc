//! A running validator as a source of blocks.

use codec::Decode;
use history::Source;
use ledger::{Block, BlocksPage, Genesis, HistoryError, Lineage, Tip};
use types::Height;

use crate::client::Client;
use crate::commands::receipt::genesis_of;
use crate::failure::{Explain, Failure, Result};

/// A validator that answers over HTTP.
pub(super) struct Remote {
    client: Client,
    runtime: tokio::runtime::Runtime,
    genesis: Genesis,
}

impl Remote {
    /// Asks a validator which chain it is of.
    pub(super) fn find(url: &str) -> Result<Self> {
        let client = Client::new(url);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.explain(|| "no runtime".into())?;
        let answer: serde_json::Value = runtime.block_on(client.get("/api/v1/genesis"))?;
        let genesis = genesis_of(&answer).explain(|| format!("{url} answers with no genesis"))?;
        Ok(Self { client, runtime, genesis })
    }
    fn ask(&self, from: Height) -> std::result::Result<BlocksPage, HistoryError> {
        let gone = |failure: Failure| HistoryError::Unavailable {
            what: format!("{}: {} ({})", self.client.base(), failure.what, failure.why),
        };
        let path = format!("/api/v1/blocks/{from}/page");
        let bytes = self.runtime.block_on(self.client.get_bytes(&path)).map_err(gone)?;
        BlocksPage::from_bytes(&bytes).map_err(|error| HistoryError::Unsound {
            height: from,
            why: format!("{} answers with no blocks: {error}", self.client.base()),
        })
    }
}

impl Source for Remote {
    fn genesis(&self) -> &Genesis {
        &self.genesis
    }
    fn tip(&self) -> std::result::Result<Tip, HistoryError> {
        let page = self.ask(Height::new(u64::MAX))?;
        Ok(Tip { height: page.certified, hash: page.hash, ..Tip::EMPTY })
    }
    fn lineage(&self) -> std::result::Result<Lineage, HistoryError> {
        self.ask(Height::new(u64::MAX)).map(|page| page.lineage)
    }
    fn page(
        &self,
        from: Height,
        count_max: usize,
        _bytes_max: usize,
    ) -> std::result::Result<Vec<Block>, HistoryError> {
        let mut blocks = self.ask(from)?.blocks;
        blocks.truncate(count_max);
        Ok(blocks)
    }
}
