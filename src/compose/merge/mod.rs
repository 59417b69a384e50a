//! How a later compose file changes an earlier one: mappings merge, lists append, commands are replaced,
//! `!reset` and `!override` do as they say. Decoding takes out what a list then sets twice.

pub(super) mod extend;
pub(super) mod reader;
pub(super) mod rebase;

use crate::compose::yaml::node::{Map, Node, Tag};

/// How the values under a key of a service, network, volume… merge.
#[derive(Clone, Copy)]
enum Rule {
    /// Mappings by key, lists appended, anything else replaced.
    Deep,
    /// The later one stands.
    Replace,
    /// `KEY=value` lists are mappings.
    Pairs,
    /// Lists of names are mappings with this under each name.
    Names(fn() -> Node),
    /// One text is a list of one.
    List,
    /// Mappings are lists of `name=address`.
    Hosts,
    /// A text is a mapping with this key.
    Shorthand(&'static str),
    /// Address pools, which are the same where their subnet is.
    Pools,
    /// `all` is a list of one request, when a list follows. (Compose refuses `all` after anything.)
    Requests,
    /// Mappings merge only for the same driver.
    Logging,
}

/// The rule at a path. `*` in the table stands for any key.
fn rule(path: &[&str]) -> Rule {
    let inner = match path {
        ["services", _, inner @ ..] => inner,
        ["networks" | "volumes", _, "labels"] => return Rule::Pairs,
        ["networks" | "volumes", _, "labels", _] => return Rule::Replace,
        ["networks", _, "ipam", "config"] => return Rule::Pools,
        _ => return Rule::Deep,
    };
    match inner {
        // A variable or label without a value stands for another value than that of the earlier file.
        ["command" | "entrypoint"]
        | ["healthcheck", "test"]
        | [
            "ulimits" | "environment" | "labels" | "annotations" | "sysctls",
            _,
        ]
        | ["build", "args" | "labels" | "additional_contexts", _]
        | ["deploy", "labels", _] => Rule::Replace,
        ["environment" | "labels" | "annotations" | "sysctls"]
        | ["build", "args" | "labels" | "additional_contexts"]
        | ["deploy", "labels"] => Rule::Pairs,
        ["depends_on"] => Rule::Names(started),
        ["networks"] => Rule::Names(|| Node::Null),
        ["env_file" | "label_file" | "dns" | "dns_opt" | "dns_search" | "tmpfs"] => Rule::List,
        ["extra_hosts"] | ["build", "extra_hosts"] => Rule::Hosts,
        ["build"] => Rule::Shorthand("context"),
        ["extends"] => Rule::Shorthand("service"),
        ["gpus"] => Rule::Requests,
        ["logging"] => Rule::Logging,
        _ => Rule::Deep,
    }
}

/// The long form of an item of a short `depends_on`.
fn started() -> Node {
    let condition = (
        "condition".to_owned(),
        Node::Text("service_started".to_owned()),
    );
    Node::Map(Map::from([condition]))
}

/// Lays `over` on `base`.
pub(super) fn merge(base: Node, over: Node) -> Node {
    merge_at(base, over, &mut Vec::new())
}

/// Lays one service on another, as for `extends`.
pub(super) fn merge_service(base: Node, over: Node) -> Node {
    merge_at(base, over, &mut vec!["services".to_owned(), "*".to_owned()])
}

fn merge_at(base: Node, over: Node, path: &mut Vec<String>) -> Node {
    let parts: Vec<&str> = path.iter().map(String::as_str).collect();
    let rule = rule(&parts);
    let (base, over) = (normal(base, rule), normal(over, rule));
    match (rule, base, over) {
        (_, _, Node::Tagged(Tag::Reset, _)) => Node::Null,
        (_, _, Node::Tagged(Tag::Override, value)) => *value,
        (Rule::Replace, _, over) => over,
        (_, base, Node::Null) => base,
        (Rule::Logging, Node::Map(base), Node::Map(over)) if drivers_differ(&base, &over) => {
            Node::Map(over)
        }
        (_, Node::Map(base), Node::Map(over)) => Node::Map(merge_maps(base, over, path)),
        (Rule::Requests, base @ Node::Text(_), Node::List(over)) => {
            let all = Map::from([("count".to_owned(), base)]);
            Node::List([Node::Map(all)].into_iter().chain(over).collect())
        }
        (rule, Node::List(base), Node::List(over)) => Node::List(append(base, over, rule)),
        (_, _, over) => over,
    }
}

fn merge_maps(mut base: Map, over: Map, path: &mut Vec<String>) -> Map {
    for (key, value) in over {
        if let Node::Tagged(Tag::Reset, _) = value {
            base.remove(&key);
            continue;
        }
        path.push(key.clone());
        let merged = match base.remove(&key) {
            Some(base) => merge_at(base, value, path),
            None => untagged(value),
        };
        path.pop();
        base.insert(key, merged);
    }
    base
}

/// Takes the tags out of a value that lies on nothing.
pub(super) fn untagged(node: Node) -> Node {
    match node {
        Node::Tagged(Tag::Override, value) => untagged(*value),
        Node::Tagged(Tag::Reset, _) => Node::Null,
        Node::List(items) => Node::List(items.into_iter().map(untagged).collect()),
        Node::Map(map) => Node::Map(
            map.into_iter()
                .filter(|(_, value)| !matches!(value, Node::Tagged(Tag::Reset, _)))
                .map(|(key, value)| (key, untagged(value)))
                .collect(),
        ),
        scalar => scalar,
    }
}

fn drivers_differ(base: &Map, over: &Map) -> bool {
    matches!((base.get("driver"), over.get("driver")), (Some(base), Some(over)) if base != over)
}

/// Brings the short syntaxes that a rule knows into the form that merges.
fn normal(node: Node, rule: Rule) -> Node {
    match (rule, node) {
        (Rule::Pairs, Node::List(items)) => {
            let pair = |item: &Node| {
                let text = item.scalar().unwrap_or_default();
                match text.split_once('=') {
                    Some((key, value)) => (key.to_owned(), Node::Text(value.to_owned())),
                    None => (text, Node::Null),
                }
            };
            Node::Map(items.iter().map(pair).collect())
        }
        (Rule::Names(value), Node::List(items)) => Node::Map(
            items
                .iter()
                .filter_map(Node::scalar)
                .map(|name| (name, value()))
                .collect(),
        ),
        (Rule::List, Node::Text(text)) => Node::List(vec![Node::Text(text)]),
        (Rule::Hosts, Node::Map(hosts)) => {
            let entries = |(name, addresses): (&String, &Node)| {
                let entry =
                    |address: &Node| Some(Node::Text(format!("{name}={}", address.scalar()?)));
                match addresses {
                    Node::List(all) => all.iter().filter_map(entry).collect(),
                    one => Vec::from_iter(entry(one)),
                }
            };
            Node::List(hosts.iter().flat_map(entries).collect())
        }
        (Rule::Shorthand(key), Node::Text(text)) => {
            Node::Map(Map::from([(key.to_owned(), Node::Text(text))]))
        }
        (_, node) => node,
    }
}

/// One list behind the other.
fn append(mut base: Vec<Node>, over: Vec<Node>, rule: Rule) -> Vec<Node> {
    match rule {
        Rule::Hosts => {
            let new: Vec<Node> = over
                .into_iter()
                .filter(|host| !base.contains(host))
                .collect();
            base.extend(new);
            base
        }
        Rule::Pools => pools(&base, &over),
        _ => base.into_iter().chain(over).collect(),
    }
}

/// Compose's own way with pools: of a subnet in both the keys merge, and otherwise the later ones replace
/// the earlier.
fn pools(base: &[Node], over: &[Node]) -> Vec<Node> {
    let subnet = |node: &Node| node.as_map().and_then(|map| map.get("subnet").cloned());
    let mut pools: Vec<Node> = Vec::new();
    for one in base {
        for other in over {
            let place = |pools: &[Node], node: &Node| {
                pools.iter().position(|known| subnet(known) == subnet(node))
            };
            if subnet(one) != subnet(other) && place(&pools, other).is_none() {
                pools.push(other.clone());
                continue;
            }
            let merged = merge_at(one.clone(), other.clone(), &mut Vec::new());
            match place(&pools, &merged) {
                Some(index) => pools[index] = merged,
                None => pools.push(merged),
            }
        }
    }
    pools
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::yaml;

    fn node(text: &str) -> Node {
        yaml::parse(text).expect("valid").remove(0)
    }

    fn service(base: &str, over: &str, merged: &str) {
        let wrap = |text: &str| node(&format!("{{services: {{a: {{{text}}}}}}}"));
        assert_eq!(
            merge(wrap(base), wrap(over)),
            wrap(merged),
            "{base} + {over}"
        );
    }

    #[test]
    fn mappings_merge_and_scalars_are_replaced() {
        service("image: x, tty: true", "image: y", "image: y, tty: true");
        service("image: x", "image: ", "image: x");
        service(
            "deploy: {a: {b: 1}}",
            "deploy: {a: {c: 2}}",
            "deploy: {a: {b: 1, c: 2}}",
        );
    }

    #[test]
    fn commands_are_replaced() {
        service("command: [a, b]", "command: c", "command: c");
        service("entrypoint: a", "entrypoint: [b]", "entrypoint: [b]");
        let test = |test| format!("healthcheck: {{test: {test}, retries: 3}}");
        let over = "healthcheck: {test: [CMD, b]}";
        service(&test("[CMD, a]"), over, &test("[CMD, b]"));
    }

    #[test]
    fn pairs_merge_whatever_their_form() {
        let merged = "environment: {A: '1', B: '3', C: }";
        service(
            "environment: [A=1, B=2]",
            "environment: {B: '3', C: }",
            merged,
        );
        let built = |args: &str| format!("build: {{context: ./x, args: {args}}}");
        service(
            &built("{A: '1'}"),
            "build: {args: [B=2]}",
            &built("{A: '1', B: '2'}"),
        );
        service(
            "build: ./x",
            "build: {target: t}",
            "build: {context: ./x, target: t}",
        );
    }

    #[test]
    fn lists_append() {
        service(
            "cap_add: [A, B]",
            "cap_add: [B, C]",
            "cap_add: [A, B, B, C]",
        );
        service(
            "volumes: ['aa:/data']",
            "volumes: ['./x:/data']",
            "volumes: ['aa:/data', './x:/data']",
        );
        service(
            "env_file: a.env",
            "env_file: [b.env]",
            "env_file: [a.env, b.env]",
        );
        service(
            "extra_hosts: ['a=1']",
            "extra_hosts: {a: [1, 2], b: [3, 4]}",
            "extra_hosts: [a=1, a=2, b=3, b=4]",
        );
        service(
            "gpus: all",
            "gpus: [{count: 1}]",
            "gpus: [{count: all}, {count: 1}]",
        );
        service("dns: 1.1.1.1", "dns: 8.8.8.8", "dns: [1.1.1.1, 8.8.8.8]");
    }

    #[test]
    fn pools_are_known_by_their_subnet() {
        let wrap = |pools: &str| {
            node(&format!(
                "{{networks: {{n: {{ipam: {{config: {pools}}}}}}}}}"
            ))
        };
        for (base, over, merged) in [
            (
                "[{subnet: a, gateway: g}]",
                "[{subnet: a, ip_range: r}]",
                "[{subnet: a, gateway: g, ip_range: r}]",
            ),
            ("[{subnet: a}]", "[{subnet: b}]", "[{subnet: b}]"),
        ] {
            assert_eq!(merge(wrap(base), wrap(over)), wrap(merged));
        }
    }

    #[test]
    fn a_key_without_a_value_is_one() {
        service(
            "environment: {A: '1'}",
            "environment: [A]",
            "environment: {A: }",
        );
        service("command: a", "command: ", "command: ");
    }

    #[test]
    fn names_become_mappings() {
        service(
            "depends_on: [a]",
            "depends_on: {b: {condition: service_healthy}}",
            "depends_on: {a: {condition: service_started}, b: {condition: service_healthy}}",
        );
        service(
            "networks: [a]",
            "networks: {b: {aliases: [x]}}",
            "networks: {a: , b: {aliases: [x]}}",
        );
    }

    #[test]
    fn logging_merges_for_the_same_driver() {
        let base = "logging: {driver: json-file, options: {a: '1'}}";
        let over = "logging: {options: {b: '2'}}";
        service(
            base,
            over,
            "logging: {driver: json-file, options: {a: '1', b: '2'}}",
        );
        service(base, "logging: {driver: none}", "logging: {driver: none}");
    }

    #[test]
    fn tags_reset_and_override() {
        service("ports: ['1:1'], tty: true", "ports: !reset []", "tty: true");
        service(
            "ports: ['1:1']",
            "ports: !override ['2:2']",
            "ports: ['2:2']",
        );
        service(
            "environment: {A: '1', B: '2'}",
            "environment: {A: !reset null}",
            "environment: {B: '2'}",
        );
        assert_eq!(
            untagged(node("{a: !reset 1, b: !override [2]}")),
            node("{b: [2]}")
        );
    }
}
