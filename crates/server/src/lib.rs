//! Run and watch a local network of validators, and serve the web app.
