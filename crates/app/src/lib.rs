//! Apply agreed transactions to an application's state: the trait and the built-in applications.
