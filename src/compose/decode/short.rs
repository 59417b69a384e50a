//! Compose's short syntaxes: `127.0.0.1:8080:80/tcp`, `./data:/data:ro`, `host:address`.

use crate::compose::model::service::{BindOptions, Device, ExtraHost, Mount, Port, VolumeOptions};

/// Ports of `[[host_ip:]published:]target[/protocol]`, where published and target may be ranges.
pub(in crate::compose) fn ports(text: &str) -> Result<Vec<Port>, String> {
    let wanted = || {
        format!(
            "`{text}` is not a port ([[address:]published:]container[/protocol], each from 1 to 65535)"
        )
    };
    let (rest, protocol) = text.rsplit_once('/').unwrap_or((text, "tcp"));
    if !matches!(
        protocol.to_ascii_lowercase().as_str(),
        "tcp" | "udp" | "sctp"
    ) {
        return Err(format!(
            "`{text}`: the protocol must be tcp, udp or sctp, not `{protocol}`"
        ));
    }
    let (rest, target) = rest
        .rsplit_once(':')
        .map_or((None, rest), |(rest, target)| (Some(rest), target));
    let (host_ip, published) = match rest {
        None => (None, ""),
        Some(rest) => match rest.rsplit_once(':') {
            None => (None, rest),
            Some((address, published)) => (Some(address), published),
        },
    };
    let host_ip = host_ip.filter(|address| !address.is_empty());
    let host_ip = host_ip.map(|host| address(text, host)).transpose()?;
    let targets = port_range(target).ok_or_else(wanted)?;
    if targets.contains(&0) {
        return Err(wanted());
    }
    let port = |target: u32, published: Option<String>| Port {
        mode: "ingress".to_owned(),
        host_ip: host_ip.map(str::to_owned),
        target,
        published,
        protocol: protocol.to_ascii_lowercase(),
        ..Port::default()
    };
    if published.is_empty() {
        return Ok(targets.map(|target| port(target, None)).collect());
    }
    let range = port_range(published).ok_or_else(wanted)?;
    let (count, available) = (targets.clone().count(), range.clone().count());
    if count == 1 && available > 1 {
        return Ok(vec![port(*targets.start(), Some(published.to_owned()))]);
    }
    if count != available {
        return Err(format!("`{text}`: the ranges differ in length"));
    }
    Ok(targets
        .zip(range)
        .map(|(target, host)| port(target, Some(host.to_string())))
        .collect())
}

/// An address in brackets, which are taken off; without them only one of version 4.
fn address<'t>(text: &str, host: &'t str) -> Result<&'t str, String> {
    let six = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let valid = match six {
        Some(six) => six.parse::<std::net::IpAddr>().is_ok(),
        None => host.parse::<std::net::Ipv4Addr>().is_ok(),
    };
    if valid {
        return Ok(six.unwrap_or(host));
    }
    let bare = host.parse::<std::net::Ipv6Addr>().is_ok();
    let how = if bare {
        "; an IPv6 address stands in brackets"
    } else {
        ""
    };
    Err(format!("`{text}`: `{host}` is not an IP address{how}"))
}

/// A port, or a range of them. 0 as published port means any.
fn port_range(text: &str) -> Option<std::ops::RangeInclusive<u32>> {
    let number = |text: &str| text.parse::<u16>().ok().map(u32::from);
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (number(first)?, number(last)?);
    (first <= last).then_some(first..=last)
}

/// A mount of `[source:]target[:options]`.
pub(in crate::compose) fn mount(text: &str) -> Result<Mount, String> {
    let parts: Vec<&str> = text.split(':').collect();
    let (source, target, options) = match parts[..] {
        [target] => ("", target, ""),
        // `volume:ro` cannot be told from a source by shape, but no container path is relative.
        [source, target] => (source, target, ""),
        [source, target, options] => (source, target, options),
        _ => {
            return Err(format!(
                "`{text}` is not a mount ([source:]target[:options])"
            ));
        }
    };
    if matches!(source.as_bytes(), [letter] if letter.is_ascii_alphabetic()) {
        return Err(format!(
            "`{text}`: compose takes a single letter for a Windows drive; use the long syntax, or a longer volume name"
        ));
    }
    if target.is_empty() || (parts.len() > 1 && source.is_empty()) {
        return Err(format!(
            "`{text}` has an empty part ([source:]target[:options])"
        ));
    }
    if parts.len() == 3 && options.is_empty() {
        return Err(format!(
            "`{text}` has an empty part ([source:]target[:options])"
        ));
    }
    let mut mount = Mount {
        source: source.to_owned(),
        target: target.to_owned(),
        ..Mount::default()
    };
    if source.starts_with(['/', '.', '~']) {
        "bind".clone_into(&mut mount.kind);
        mount.bind = Some(BindOptions {
            create_host_path: true,
            ..BindOptions::default()
        });
    } else {
        "volume".clone_into(&mut mount.kind);
        mount.volume = Some(VolumeOptions::default());
    }
    options
        .split(',')
        .for_each(|option| mount_option(&mut mount, option));
    Ok(mount)
}

/// Compose ignores options that it does not know, and so do the engines that it was written for.
/// It takes each of the others for every kind of mount; the engine says what it cannot do.
fn mount_option(mount: &mut Mount, option: &str) {
    match option {
        "ro" => mount.read_only = true,
        "rw" => mount.read_only = false,
        "nocopy" => mount.volume.get_or_insert_default().nocopy = true,
        "z" | "Z" => option.clone_into(&mut mount.bind.get_or_insert_default().selinux),
        "rprivate" | "private" | "rshared" | "shared" | "rslave" | "slave" => {
            option.clone_into(&mut mount.bind.get_or_insert_default().propagation);
        }
        _ => {}
    }
}

/// A device of `source[:target[:permissions]]`.
pub(in crate::compose) fn device(text: &str) -> Result<Device, String> {
    let parts: Vec<&str> = text.split(':').collect();
    let (source, target, permissions) = match parts[..] {
        [source] => (source, source, "rwm"),
        [source, target] => (source, target, "rwm"),
        [source, target, permissions] => (source, target, permissions),
        _ => {
            return Err(format!(
                "`{text}` is not a device (source[:target[:permissions]])"
            ));
        }
    };
    Ok(Device {
        source: source.to_owned(),
        target: target.to_owned(),
        permissions: permissions.to_owned(),
    })
}

/// Entries of /etc/hosts, `name=address` or `name:address`, with commas between several addresses; an
/// IPv6 one may be in brackets.
pub(super) fn extra_hosts(text: &str) -> Result<Vec<ExtraHost>, String> {
    let split = text.split_once('=').or_else(|| text.split_once(':'));
    let (name, addresses) = split.ok_or_else(|| no_host(text))?;
    let addresses = addresses.split(',');
    addresses.map(|address| extra_host(name, address)).collect()
}

/// A name in /etc/hosts with one address.
pub(super) fn extra_host(name: &str, address: &str) -> Result<ExtraHost, String> {
    if name.is_empty() {
        return Err(no_host(&format!("={address}")));
    }
    let bare = address
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    Ok(ExtraHost {
        name: name.to_owned(),
        address: bare.unwrap_or(address).to_owned(),
    })
}

fn no_host(text: &str) -> String {
    format!("`{text}` is not a host entry (name=address)")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port_texts(text: &str) -> Result<Vec<String>, String> {
        let show = |port: Port| {
            let ip = port.host_ip.unwrap_or_default();
            let published = port.published.unwrap_or_default();
            format!("{ip}|{published}|{}|{}", port.target, port.protocol)
        };
        ports(text).map(|ports| ports.into_iter().map(show).collect())
    }

    #[test]
    fn ports_of_every_shape() {
        for (text, shown) in [
            ("80", vec!["||80|tcp"]),
            ("9104:8000", vec!["|9104|8000|tcp"]),
            ("53:53/UDP", vec!["|53|53|udp"]),
            ("127.0.0.1:80:81", vec!["127.0.0.1|80|81|tcp"]),
            ("127.0.0.1::81", vec!["127.0.0.1||81|tcp"]),
            ("[::1]:80:81", vec!["::1|80|81|tcp"]),
            ("8000-8010:80", vec!["|8000-8010|80|tcp"]),
            ("1-2:3-4", vec!["|1|3|tcp", "|2|4|tcp"]),
            ("3-4", vec!["||3|tcp", "||4|tcp"]),
            ("0:80", vec!["|0|80|tcp"]),
        ] {
            let shown = shown.into_iter().map(str::to_owned).collect();
            assert_eq!(port_texts(text), Ok(shown), "{text}");
        }
        for text in [
            "",
            "x",
            "80:",
            "80:0",
            "0",
            "70000",
            "80:81:82",
            "2-1",
            "1-3:1-2",
            "80/icmp",
            "h:1:2",
            "::1:80:81",
        ] {
            assert!(ports(text).is_err(), "{text}");
        }
    }

    #[test]
    fn mounts_of_every_shape() {
        let shown = |text| {
            let mount = mount(text).expect("valid");
            let bind = mount
                .bind
                .map(|b| format!("{}{}", b.selinux, b.propagation));
            let access = if mount.read_only { "ro" } else { "rw" };
            format!(
                "{} {} {} {access} {}",
                mount.kind,
                mount.source,
                mount.target,
                bind.unwrap_or_default()
            )
        };
        for (text, wanted) in [
            ("/data", "volume  /data rw "),
            ("data:/data", "volume data /data rw "),
            ("data:/data:cached", "volume data /data rw "),
            ("./x:/data:ro", "bind ./x /data ro "),
            (
                "~/.ollama:/root/.ollama",
                "bind ~/.ollama /root/.ollama rw ",
            ),
            ("/a:/b:ro,z", "bind /a /b ro z"),
            ("/a:/b:rslave", "bind /a /b rw rslave"),
            ("aa:/b:rslave", "volume aa /b rw rslave"),
        ] {
            assert_eq!(shown(text), wanted);
        }
        assert!(
            mount("vv:/d:nocopy")
                .expect("valid")
                .volume
                .expect("a volume")
                .nocopy
        );
        for text in ["", "aa:", ":b", "aa:/b:", "aa:b:c:d", "c:/data"] {
            assert!(mount(text).is_err(), "{text}");
        }
    }

    #[test]
    fn hosts_and_devices() {
        let host = |text| {
            let show = |host: &ExtraHost| format!("{} {}", host.name, host.address);
            extra_hosts(text).map(|hosts| hosts.iter().map(show).collect::<Vec<_>>().join(", "))
        };
        let gateway = Ok("host.docker.internal host-gateway".to_owned());
        assert_eq!(host("host.docker.internal:host-gateway"), gateway);
        assert_eq!(host("host.docker.internal=host-gateway"), gateway);
        assert_eq!(host("six:[::1]"), Ok("six ::1".to_owned()));
        assert_eq!(host("six:::1"), Ok("six ::1".to_owned()));
        assert_eq!(
            host("two=1.1.1.1,::1"),
            Ok("two 1.1.1.1, two ::1".to_owned())
        );
        assert_eq!(host("none="), Ok("none ".to_owned()));
        assert!(host("alone").is_err());
        let device = device("/dev/dri:/dev/x:r").expect("valid");
        assert_eq!((&*device.target, &*device.permissions), ("/dev/x", "r"));
    }
}
