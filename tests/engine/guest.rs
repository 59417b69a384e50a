//! What this program does inside a container. On the host these roles do nothing.

use std::io::{Read as _, Write as _};

/// Whether this is the inside of a container: the image sets the variable.
pub fn is_guest() -> bool {
    std::env::var_os("GUEST").is_some()
}

/// Tells what it sees, then answers every request on port 8000 with the variable `ANSWER`.
pub fn serve() -> ! {
    let answer = std::env::var("ANSWER").unwrap_or_default();
    println!("answer={answer}");
    for file in ["/etc/hosts", "/data/kept", "/kept/file"] {
        println!(
            "{file}: {}",
            std::fs::read_to_string(file).unwrap_or_default()
        );
    }
    let context: Vec<String> = std::fs::read_dir("/context")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    println!("context={context:?}");
    for folder in ["/data", "/kept"] {
        let _ = std::fs::write(
            format!(
                "{folder}/{}",
                if folder == "/kept" { "file" } else { "kept" }
            ),
            "written before",
        );
    }
    println!("ready");
    let listener = std::net::TcpListener::bind("0.0.0.0:8000").expect("bound");
    loop {
        let (mut client, _) = listener.accept().expect("accepted");
        let mut request = [0; 1024];
        let _ = client.read(&mut request);
        let _ = write!(
            client,
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{answer}",
            answer.len()
        );
    }
}

/// Says why, and ends with status 3.
pub fn fail() -> ! {
    eprintln!("cannot find the model");
    std::process::exit(3)
}
