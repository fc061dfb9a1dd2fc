//! Say what travels between Unisono and its users: HTTP and WebSocket bodies, errors, OpenAPI.
