//! The running program itself, as a file that runs elsewhere too.

/// What the kernel's loader reads at the beginning of a program.
const MAGIC: &[u8] = b"\x7fELF";
/// A program header that names a dynamic loader.
const INTERPRETER: usize = 3;

/// The running program's own file, where it would run in an empty file system of this kind of machine:
/// a static Linux binary. Else why not.
pub fn own_static_program() -> Result<Vec<u8>, String> {
    if !cfg!(target_os = "linux") {
        return Err("this is not the Linux build of ollamactl".to_owned());
    }
    // The link leads to the file that runs, even after it was replaced on disk.
    let program = std::fs::read("/proc/self/exe")
        .map_err(|error| format!("ollamactl's own file cannot be read: {error}"))?;
    match is_static(&program) {
        Some(true) => Ok(program),
        Some(false) => Err("this ollamactl is linked dynamically".to_owned()),
        None => Err("ollamactl's own file is not understood".to_owned()),
    }
}

/// Whether a 64-bit little-endian ELF program needs no loader; `None` where it is not one.
fn is_static(program: &[u8]) -> Option<bool> {
    if !program.starts_with(MAGIC) || program.get(4..6)? != [2, 1] {
        return None;
    }
    let number = |at: usize, size: usize| {
        let bytes = program.get(at..at.checked_add(size)?)?;
        let value = bytes
            .iter()
            .rev()
            .fold(0u64, |value, byte| (value << 8) | u64::from(*byte));
        usize::try_from(value).ok()
    };
    let (table, size, count) = (number(32, 8)?, number(54, 2)?, number(56, 2)?);
    let kinds = (0..count).map(|i| number(table.checked_add(i * size)?, 4));
    let kinds: Vec<usize> = kinds.collect::<Option<_>>()?;
    Some(!kinds.contains(&INTERPRETER))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_program_is_static_and_the_shell_is_not() {
        assert_eq!(
            own_static_program().map(|program| program.len() > 1000),
            Ok(true)
        );
        let shell = std::fs::read("/bin/sh").expect("a shell");
        assert_eq!(is_static(&shell), Some(false));
    }

    #[test]
    fn what_is_no_program_is_not_understood() {
        assert_eq!(is_static(b"#!/bin/sh"), None);
        assert_eq!(is_static(b"\x7fELF\x02\x01"), None);
        let mut wild = vec![0xff; 64];
        wild[..6].copy_from_slice(b"\x7fELF\x02\x01");
        assert_eq!(is_static(&wild), None);
    }
}
