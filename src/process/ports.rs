//! Which process listens on a TCP port.

use std::net::{IpAddr, SocketAddr, UdpSocket};

use super::scan::Info;

/// A listening TCP socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its inode number, by which its process is found.
    pub inode: u64,
    /// Numeric id of the user whose it is.
    pub uid: u32,
}

/// Whether this machine, or the container that this process is in, has the address.
pub fn is_own_address(ip: IpAddr) -> bool {
    ip.is_loopback() || UdpSocket::bind((ip, 0)).is_ok()
}

/// Every TCP socket that listens on this port. A dual-stack socket shows in `/proc/net/tcp6` only.
#[cfg(target_os = "linux")]
pub fn listeners(port: u16) -> Vec<Listener> {
    ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|table| std::fs::File::open(table).ok())
        .flat_map(|table| parse_table(std::io::BufReader::new(table)))
        .filter(|listener| listener.address.port() == port)
        .collect()
}

/// Every TCP socket that listens on this port. Not known on this platform.
#[cfg(not(target_os = "linux"))]
pub fn listeners(_port: u16) -> Vec<Listener> {
    Vec::new()
}

/// Whether this process owns the socket to which a connection to `address` would go. Far cheaper than
/// [`port_owner`], which looks at every process.
#[cfg(target_os = "linux")]
pub fn owns_port(pid: u32, address: SocketAddr) -> bool {
    listener_at(address)
        .is_some_and(|listener| holds_descriptor(pid, &format!("socket:[{}]", listener.inode)))
}

/// Whether this process owns a listening socket. Not known on this platform.
#[cfg(not(target_os = "linux"))]
pub fn owns_port(_pid: u32, _address: SocketAddr) -> bool {
    false
}

/// The process that owns the socket to which a connection to `address` would go. `None` when nobody
/// listens there, or when we may not look into the owner's descriptors.
#[cfg(target_os = "linux")]
pub fn port_owner(address: SocketAddr) -> Option<Info> {
    let wanted = format!("socket:[{}]", listener_at(address)?.inode);
    std::fs::read_dir("/proc")
        .ok()?
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .find(|pid| holds_descriptor(*pid, &wanted))
        .and_then(super::scan::info)
}

/// The process that owns a listening socket. Not known on this platform.
#[cfg(not(target_os = "linux"))]
pub fn port_owner(_address: SocketAddr) -> Option<Info> {
    None
}

/// Whose the socket is to which a connection to `address` would go: known also where its process is not.
pub fn port_user(address: SocketAddr) -> Option<u32> {
    listener_at(address).map(|listener| listener.uid)
}

/// The listening socket at this address, or the one that takes every address.
fn listener_at(address: SocketAddr) -> Option<Listener> {
    let candidates = listeners(address.port());
    let at = |wanted: &dyn Fn(IpAddr) -> bool| {
        candidates
            .iter()
            .find(|listener| wanted(listener.address.ip()))
    };
    let found = at(&|ip| ip == address.ip()).or_else(|| at(&|ip| ip.is_unspecified()));
    found.cloned()
}

#[cfg(target_os = "linux")]
fn holds_descriptor(pid: u32, wanted: &str) -> bool {
    std::fs::read_dir(format!("/proc/{pid}/fd")).is_ok_and(|entries| {
        entries.flatten().any(|entry| {
            std::fs::read_link(entry.path()).is_ok_and(|link| link.as_os_str() == wanted)
        })
    })
}

/// Lines of `/proc/net/tcp{,6}` in state 0A (listen). The kernel lists these first, so that the thousands
/// of connections that a busy machine has are not read.
#[cfg(target_os = "linux")]
fn parse_table(table: impl std::io::BufRead) -> Vec<Listener> {
    let lines = table.lines().map_while(Result::ok).skip(1);
    lines.map_while(|line| parse_line(&line)).collect()
}

#[cfg(target_os = "linux")]
fn parse_line(line: &str) -> Option<Listener> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    if *fields.get(3)? != "0A" {
        return None;
    }
    let (ip, port) = fields.get(1)?.split_once(':')?;
    Some(Listener {
        address: SocketAddr::new(parse_ip(ip)?, u16::from_str_radix(port, 16).ok()?),
        inode: fields.get(9)?.parse().ok()?,
        uid: fields.get(7)?.parse().ok()?,
    })
}

/// The kernel prints addresses as 32-bit words in host byte order.
#[cfg(target_os = "linux")]
fn parse_ip(hex: &str) -> Option<IpAddr> {
    let words: Vec<[u8; 4]> = (0..hex.len() / 8)
        .map(|i| {
            u32::from_str_radix(&hex[i * 8..i * 8 + 8], 16)
                .ok()
                .map(u32::to_ne_bytes)
        })
        .collect::<Option<_>>()?;
    let bytes: Vec<u8> = words.concat();
    <[u8; 4]>::try_from(bytes.as_slice())
        .map(IpAddr::from)
        .or_else(|_| <[u8; 16]>::try_from(bytes.as_slice()).map(IpAddr::from))
        .ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_tables_are_read() {
        let table = "  sl  local_address rem_address   st\n   \
             0: 0100007F:2CAA 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4242 1\n   \
             1: 0100007F:2CAB 0100007F:9999 01 00000000:00000000 00:00000000 00000000  1000        0 4243 1\n";
        let found = parse_table(table.as_bytes());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].address.to_string(), "127.0.0.1:11434");
        assert_eq!((found[0].inode, found[0].uid), (4242, 1000));
    }

    #[test]
    fn the_owner_of_a_port_is_found() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
        let owner = port_owner(listener.local_addr().expect("bound")).expect("owned");
        assert_eq!(owner.pid, std::process::id());
        assert!(owns_port(owner.pid, listener.local_addr().expect("bound")));
        assert!(!owns_port(1, listener.local_addr().expect("bound")));
    }

    #[test]
    fn a_dual_stack_listener_owns_the_loopback_port_too() {
        let listener = std::net::TcpListener::bind("[::]:0").expect("bound");
        let port = listener.local_addr().expect("bound").port();
        let owner = port_owner(SocketAddr::from(([127, 0, 0, 1], port))).expect("owned");
        assert_eq!(owner.pid, std::process::id());
    }
}
