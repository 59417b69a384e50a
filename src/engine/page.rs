//! Answers that no engine gives: an error page of a web server or of a proxy, as a line for a person.

/// Characters of a page that are shown.
const SHOWN: usize = 200;

/// A status with its name: `403 Forbidden`.
pub(super) fn status(code: u16) -> String {
    let status = hyper::StatusCode::from_u16(code);
    status.map_or_else(|_| code.to_string(), |status| status.to_string())
}

/// What a page says, without its markup and in a line; nothing where it says nothing.
pub(super) fn text(page: &str) -> Option<String> {
    let mut text = String::new();
    let mut in_tag = false;
    for char in page.chars() {
        match char {
            '<' => in_tag = true,
            '>' if in_tag => {
                in_tag = false;
                text.push(' ');
            }
            _ if in_tag => {}
            char => text.push(char),
        }
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let line: String = words.join(" ").chars().take(SHOWN).collect();
    (!line.is_empty()).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_shown_without_its_markup() {
        let page = "<html>\r\n<head><title>403</title></head>\r\n<hr>nginx/1.22.1</html>\r\n";
        assert_eq!(text(page).as_deref(), Some("403 nginx/1.22.1"));
        assert_eq!(text("<html></html>"), None);
        assert_eq!(status(403), "403 Forbidden");
        assert_eq!(status(799), "799 <unknown status code>");
    }
}
