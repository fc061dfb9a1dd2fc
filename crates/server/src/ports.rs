//! Ports of this machine.

use std::collections::BTreeSet;
use std::io;
use std::net::{Ipv4Addr, TcpListener};

/// `count` ports in a row from `first`, or any free ones where `first` is 0.
///
/// # Errors
/// Where one of them is taken.
pub fn free_ports(first: u16, count: u16) -> io::Result<Vec<u16>> {
    if first > 0 {
        let ports =
            (0..count).map(|index| first.checked_add(index).ok_or(io::ErrorKind::InvalidInput));
        let ports: Vec<u16> = ports.collect::<Result<_, _>>()?;
        return match ports.iter().find(|&&port| bind(port).is_err()) {
            Some(port) => {
                Err(io::Error::new(io::ErrorKind::AddrInUse, format!("port {port} is taken")))
            }
            None => Ok(ports),
        };
    }
    // All are held until all are found, so that none is found twice.
    let held = (0..count).map(|_| bind(0)).collect::<io::Result<Vec<TcpListener>>>()?;
    let ports = held.iter().map(|listener| listener.local_addr().map(|address| address.port()));
    let ports: BTreeSet<u16> = ports.collect::<io::Result<_>>()?;
    Ok(ports.into_iter().collect())
}

fn bind(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
}

#[cfg(test)]
mod tests;
