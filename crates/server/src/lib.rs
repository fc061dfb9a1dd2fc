//! Run and watch a local network of validators, and serve the web app.
//!
//! A [`Supervisor`] starts validators as processes of the one binary, keeps what they print, restarts and kills them;
//! [`serve`] puts an HTTP face before it: the validators' own API through one port, the network as all of them see
//! it together, and the web app.

mod assets;
mod events;
mod guard;
mod http;
mod ids;
mod logs;
mod network;
mod ports;
mod process;
mod proxy;
mod record;
mod relay;
mod routes;
mod state_file;
mod supervisor;
mod ws;

pub use events::Event;
pub use http::{Server, serve};
pub use ids::{NodeName, NodeNameError};
pub use network::merge;
pub use ports::free_ports;
pub use process::{NodeInfo, NodeSpec, NodeStatus};
pub use state_file::{StateFile, StateFileError};
pub use supervisor::{Supervisor, SupervisorError};
