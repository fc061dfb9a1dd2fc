//! `unisono protocols`: what each promises and costs.

use protocols::PROTOCOLS;

use crate::output::{Report, Table};

/// The table of protocols.
pub(crate) fn run() -> Report {
    let mut table = Table::new([
        "NAME",
        "FAULTS",
        "N FOR F",
        "FINAL",
        "SYNCHRONY",
        "PHASES",
        "MESSAGES",
        "PAPER",
        "STATUS",
    ]);
    for one in PROTOCOLS {
        let cells = [
            one.name,
            one.faults,
            one.n_for_f,
            one.finality,
            one.synchrony.label(),
            one.phases,
            one.messages,
            one.paper,
            one.status,
        ];
        table.row(cells.map(str::to_owned));
    }
    Report::new(lab::protocols_json(), table.render())
}
