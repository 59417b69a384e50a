//! The one rule that a firewall of this machine lacks, in the words of the firewall that is in use.
//! Rules are printed, never made.

use std::net::SocketAddr;
use std::path::Path;

use ipnet::IpNet;

/// The packets that are to pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Opening {
    /// The bridge through which they enter this machine.
    pub bridge: String,
    /// Where they come from.
    pub subnet: Option<IpNet>,
    /// Where they go.
    pub to: SocketAddr,
}

/// Who decides about packets that enter this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Firewall {
    Ufw,
    Firewalld,
    /// Rules of nftables' own file.
    Nftables {
        /// `inet filter input`: family, table and chain of the input hook.
        chain: String,
    },
    Iptables,
}

impl Firewall {
    /// The one that is in use below this root folder, as far as files tell that everybody may read.
    pub fn in_use(root: &Path) -> Self {
        let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap_or_default();
        let exists = |path: &str| root.join(path).symlink_metadata().is_ok();
        let ufw = read("etc/ufw/ufw.conf");
        if ufw.lines().any(|line| line.trim() == "ENABLED=yes") {
            return Self::Ufw;
        }
        // As a unit of systemd's it writes no pidfile.
        if exists("run/firewalld.pid") || exists("run/systemd/units/invocation:firewalld.service") {
            return Self::Firewalld;
        }
        if exists("etc/systemd/system/sysinit.target.wants/nftables.service")
            && let Some(chain) = input_chain(&read("etc/nftables.conf"))
        {
            return Self::Nftables { chain };
        }
        Self::Iptables
    }

    /// Its name, for people.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Ufw => "ufw",
            Self::Firewalld => "firewalld",
            Self::Nftables { .. } => "nftables",
            Self::Iptables => "iptables",
        }
    }

    /// The command that lets these packets in, and no others.
    pub fn rule(&self, opening: &Opening) -> String {
        let Opening { bridge, subnet, to } = opening;
        let (ip, port) = (to.ip(), to.port());
        let from = subnet.map(|subnet| subnet.trunc().to_string());
        let with = |word: &str| {
            let from = from.as_ref();
            from.map_or_else(String::new, |from| format!("{word}{from} "))
        };
        match self {
            Self::Ufw => {
                let from = from.as_deref().unwrap_or("any");
                format!("sudo ufw allow in on {bridge} from {from} to {ip} port {port} proto tcp")
            }
            Self::Firewalld => {
                let family = if to.is_ipv6() { "ipv6" } else { "ipv4" };
                let source =
                    from.map_or_else(String::new, |from| format!("source address={from} "));
                format!(
                    "sudo firewall-cmd --zone=\"$(sudo firewall-cmd --get-zone-of-interface={bridge} || sudo firewall-cmd --get-default-zone)\" \
                     --add-rich-rule='rule family={family} {source}destination address={ip} port port={port} protocol=tcp accept'"
                )
            }
            Self::Nftables { chain } => {
                let family = if to.is_ipv6() { "ip6" } else { "ip" };
                let source = with(&format!("{family} saddr "));
                format!(
                    "sudo nft insert rule {chain} iifname {bridge} {source}{family} daddr {ip} tcp dport {port} accept"
                )
            }
            Self::Iptables => {
                let program = if to.is_ipv6() {
                    "ip6tables"
                } else {
                    "iptables"
                };
                format!(
                    "sudo {program} -I INPUT -i {bridge} {}-d {ip} -p tcp --dport {port} -j ACCEPT",
                    with("-s ")
                )
            }
        }
    }
}

/// Family, table and chain that hooks into the input of this ruleset.
fn input_chain(ruleset: &str) -> Option<String> {
    let (mut table, mut chain) = (String::new(), None);
    for line in ruleset.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["table", name, "{"] => table = format!("ip {name}"),
            ["table", family, name, "{"] => table = format!("{family} {name}"),
            ["chain", name, "{"] => chain = Some(name),
            [..] if words.windows(2).any(|pair| pair == ["hook", "input"]) => {
                return Some(format!("{table} {}", chain?));
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opening() -> Opening {
        Opening {
            bridge: "br-0123456789ab".to_owned(),
            subnet: Some("172.18.0.0/16".parse().expect("a subnet")),
            to: "172.17.0.1:11434".parse().expect("an address"),
        }
    }

    fn root(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("created");
            std::fs::write(path, text).expect("written");
        }
        root
    }

    #[test]
    fn the_firewall_in_use_is_found_by_its_files() {
        let used = |files: &[(&str, &str)]| Firewall::in_use(root(files).path());
        assert_eq!(used(&[]), Firewall::Iptables);
        assert_eq!(
            used(&[("etc/ufw/ufw.conf", "# x\nENABLED=yes\nLOGLEVEL=low\n")]),
            Firewall::Ufw
        );
        assert_eq!(
            used(&[
                ("etc/ufw/ufw.conf", "ENABLED=no\n"),
                ("run/firewalld.pid", "1")
            ]),
            Firewall::Firewalld
        );
        assert_eq!(
            used(&[("run/systemd/units/invocation:firewalld.service", "")]),
            Firewall::Firewalld
        );
        let rules = "flush ruleset\n\ntable inet filter {\n\tchain input {\n\t\ttype filter hook input priority filter; policy drop;\n\t}\n}\n";
        let service = "etc/systemd/system/sysinit.target.wants/nftables.service";
        assert_eq!(
            used(&[("etc/nftables.conf", rules), (service, "")]),
            Firewall::Nftables {
                chain: "inet filter input".to_owned()
            }
        );
        assert_eq!(used(&[("etc/nftables.conf", rules)]), Firewall::Iptables);
    }

    #[test]
    fn each_rule_names_bridge_source_address_and_port() {
        let chain = "inet filter input".to_owned();
        let firewalls = [
            Firewall::Ufw,
            Firewall::Firewalld,
            Firewall::Nftables { chain },
            Firewall::Iptables,
        ];
        for firewall in firewalls {
            let rule = firewall.rule(&opening());
            for part in ["br-0123456789ab", "172.18.0.0/16", "172.17.0.1", "11434"] {
                assert!(rule.contains(part), "{part} in {rule}");
            }
            assert!(!rule.contains("  "), "{rule}");
        }
        let six = Opening {
            to: "[fd00::1]:11434".parse().expect("an address"),
            ..opening()
        };
        assert!(Firewall::Iptables.rule(&six).contains("ip6tables"));
    }
}
