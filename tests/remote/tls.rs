//! An engine that speaks TLS alone, and lets in only clients with a certificate.

use std::path::Path;

use crate::CONTAINER;
use crate::machine::Machine;
use crate::support::tls::{Authority, lab_context};

const ENDPOINT: &str = "tcp://127.0.0.1:2376";

/// A machine whose engine trusts this authority.
fn machine(authority: &Authority) -> Option<Machine> {
    machine_with(|folder| authority.equip_engine(folder))
}

/// A machine whose engine has what is put into this folder.
fn machine_with(equip: impl FnOnce(&Path)) -> Option<Machine> {
    let mut machine = Machine::new()?;
    let folder = machine.path("engine-certs");
    equip(&folder);
    let file = |name: &str| folder.join(name).display().to_string();
    machine.start_engine(&[
        "--host",
        ENDPOINT,
        "--tlsverify",
        "--tlscacert",
        &file("ca.pem"),
        "--tlscert",
        &file("cert.pem"),
        "--tlskey",
        &file("key.pem"),
    ]);
    let sandbox = &mut machine.sandbox;
    let certs = sandbox.path("certs").display().to_string();
    sandbox.set("DOCKER_HOST", ENDPOINT);
    sandbox.set("DOCKER_TLS_VERIFY", "1");
    sandbox.set("DOCKER_CERT_PATH", &certs);
    Some(machine)
}

/// From nothing to a gateway, and back.
#[track_caller]
fn works(machine: &Machine) {
    machine.run("gateway up").code(0).says(["ok gateway"]);
    machine.run("gateway up").code(0).says(["-- gateway"]);
    machine.run("status").code(0).prints(["running", CONTAINER]);
    machine.run("logs gateway").code(0).prints(["gateway on"]);
    machine.run("gateway down").code(0).says([CONTAINER]);
}

/// Each with the cause, and who named the engine.
#[track_caller]
fn refused(machine: &Machine, named_by: &str, why: &str) {
    let says = ["no TLS connection", ENDPOINT, named_by, why, "hint: "];
    machine.run("gateway up").code(6).says(says);
}

#[test]
fn who_has_the_right_certificate_gets_in_by_variables_and_by_a_context() {
    let authority = Authority::new();
    let Some(mut machine) = machine(&authority) else {
        return;
    };
    authority.equip(&machine.path("certs"));
    works(&machine);
    let material = lab_context(&machine.sandbox, ENDPOINT);
    authority.equip(&material);
    for name in ["DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"] {
        machine.sandbox.unset(name);
    }
    machine.sandbox.set("DOCKER_CONTEXT", "lab");
    works(&machine);
    wrong_certificates(&machine, &authority, &material, "context lab");
}

/// All that can be wrong with the files of this folder.
fn wrong_certificates(machine: &Machine, authority: &Authority, folder: &Path, named_by: &str) {
    let file = |name: &str| folder.join(name).display().to_string();
    let (ca, cert) = (file("ca.pem"), file("cert.pem"));
    let not_signed = |what: &str| format!("{what} is not signed by {ca}");
    let own = machine.path("engine-certs/ca.pem");

    // Neither side trusts the other; then the engine alone does not.
    Authority::new().equip(folder);
    refused(machine, named_by, &not_signed("the engine's certificate"));
    std::fs::copy(own, folder.join("ca.pem")).expect("copied");
    refused(
        machine,
        named_by,
        &not_signed(&format!("{cert}: certificate")),
    );

    authority.equip_for_2019(folder);
    refused(
        machine,
        named_by,
        &format!("{cert}: certificate expired on 2020-01-01"),
    );

    for name in ["cert.pem", "key.pem"] {
        std::fs::remove_file(folder.join(name)).expect("removed");
    }
    refused(machine, named_by, &format!("there is no {cert}"));

    // A key of another certificate is no use before anything is asked.
    authority.equip(folder);
    std::fs::copy(machine.path("engine-certs/key.pem"), folder.join("key.pem")).expect("copied");
    machine
        .run("gateway up")
        .code(2)
        .says([&cert, "KeyMismatch", "hint: "]);
}

#[test]
fn an_engine_whose_certificate_expired_is_told_apart() {
    let authority = Authority::new();
    let Some(machine) = machine_with(|folder| authority.equip_engine_for_2019(folder)) else {
        return;
    };
    authority.equip(&machine.path("certs"));
    refused(
        &machine,
        "DOCKER_HOST",
        "the engine's certificate expired on 2020-01-01",
    );
}

#[test]
fn plain_words_to_an_engine_behind_tls_are_told_apart() {
    let authority = Authority::new();
    let Some(mut machine) = machine(&authority) else {
        return;
    };
    authority.equip(&machine.path("certs"));
    machine.sandbox.unset("DOCKER_TLS_VERIFY");
    let says = ["HTTPS", "DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH"];
    machine.run("gateway up").code(6).says(says);
    // The other way round, and under a name that the certificate does not have.
    machine.sandbox.set("DOCKER_TLS_VERIFY", "1");
    machine.sandbox.set("DOCKER_HOST", "tcp://localhost:2376");
    let says = [
        "no TLS connection",
        "the engine's certificate not valid for name \"localhost\"",
    ];
    machine.run("gateway up").code(6).says(says);
}
