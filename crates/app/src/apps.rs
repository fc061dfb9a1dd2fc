//! The one list of built-in applications.

use ledger::{AppId, Refusal, TxView};

use crate::accounts::ACCOUNTS;
use crate::contracts::{CONTRACTS, Contracts};
use crate::crossings::{CROSSINGS, Crossings};
use crate::epochs::{EPOCHS, Epochs, Rules};
use crate::governance::{GOVERNANCE, Governance};
use crate::joint::{JOINT, JointAccounts};
use crate::notes::Notes;
use crate::queue::{QUEUE, Queue};
use crate::registry::{REGISTRY, Registry};
use crate::tickets::Tickets;
use crate::updates::{UPDATES, Updates};
use crate::{App, NOTES, tickets};

/// The applications of a chain, by ascending id.
#[derive(Default, Debug)]
pub struct Apps {
    all: Vec<Box<dyn App>>,
    /// The contracts' modules that are compiled already.
    pub(crate) programs: ::contracts::Library,
}

impl Apps {
    /// Just these applications, by ascending id.
    pub(crate) fn new(apps: Vec<Box<dyn App>>) -> Self {
        Self { all: apps, programs: ::contracts::Library::default() }
    }
    /// All built-in applications, without the validators' own.
    #[must_use]
    pub fn builtin() -> Self {
        Self::with(None)
    }
    /// Those of the built-in applications that a genesis names, and the validators' own; all where it names none.
    ///
    /// # Errors
    /// The first that it names and that is not built in.
    pub fn chosen(chosen: &[AppId], rules: Rules) -> Result<Self, AppId> {
        let mut this = Self::governed(rules);
        if let Some(unknown) = chosen.iter().find(|id| this.get(**id).is_none()) {
            return Err(*unknown);
        }
        if !chosen.is_empty() {
            this.all.retain(|app| app.id() == EPOCHS || chosen.contains(&app.id()));
        }
        Ok(this)
    }
    /// All built-in applications, and the validators' own: they may change the protocol by these rules, and they alone
    /// may found the federation.
    #[must_use]
    pub fn governed(rules: Rules) -> Self {
        Self::with(Some(rules))
    }
    fn with(rules: Option<Rules>) -> Self {
        let founders = rules.as_ref().map(Rules::accounts).unwrap_or_default();
        let crossings = Crossings::new(rules.clone());
        let mut apps: Vec<Box<dyn App>> = vec![Box::new(Tickets), Box::new(Notes)];
        apps.extend(rules.map(|rules| -> Box<dyn App> { Box::new(Epochs(rules)) }));
        apps.push(Box::new(Queue));
        apps.push(Box::new(Registry(founders)));
        apps.push(Box::new(Governance));
        apps.push(Box::new(Updates));
        apps.push(Box::new(Contracts));
        apps.push(Box::new(JointAccounts));
        apps.push(Box::new(crossings));
        Self::new(apps)
    }
    /// The same with a deliberate bug of the crossings.
    #[cfg(any(test, feature = "mutants"))]
    #[must_use]
    pub fn with_broken_crossings(
        mut self,
        rules: Option<Rules>,
        mutant: crate::crossings::Mutant,
    ) -> Self {
        let broken = Crossings { mutant: Some(mutant), ..Crossings::new(rules) };
        self.all.retain(|app| app.id() != CROSSINGS);
        self.all.push(Box::new(broken));
        self.all.sort_by_key(|app| app.id());
        self
    }
    /// The application with this id.
    #[must_use]
    pub fn get(&self, id: AppId) -> Option<&dyn App> {
        self.all.iter().find(|app| app.id() == id).map(AsRef::as_ref)
    }
    /// The ids of all state trees, the accounts' first.
    pub fn ids(&self) -> impl Iterator<Item = AppId> + '_ {
        std::iter::once(ACCOUNTS).chain(self.all.iter().map(|app| app.id()))
    }
    /// Whether an operation exists and its payload could be an argument.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, tx: &TxView<'_>) -> Result<(), Refusal> {
        self.get(tx.operation.app).ok_or(Refusal::UnknownOperation)?.check(tx)
    }
}

/// The built-in application with this name, the validators' own included.
#[must_use]
pub fn app_by_label(label: &str) -> Option<AppId> {
    if label == app_label(EPOCHS) {
        return Some(EPOCHS);
    }
    Apps::builtin().all.iter().find(|app| app.name() == label).map(|app| app.id())
}

/// An application's name for people.
#[must_use]
pub const fn app_label(id: AppId) -> &'static str {
    match id {
        ACCOUNTS => "accounts",
        tickets::TICKETS => "tickets",
        NOTES => "notes",
        EPOCHS => "epochs",
        QUEUE => "queue",
        REGISTRY => "registry",
        GOVERNANCE => "governance",
        UPDATES => "updates",
        CONTRACTS => "contracts",
        JOINT => "joint",
        CROSSINGS => "crossings",
        AppId(_) => "unknown",
    }
}

#[cfg(test)]
mod tests;
