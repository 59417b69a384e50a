//! The body of an answer, as far as it is read: whoever answers may not be Ollama, and may never end.

use reqwest::Response;

/// More than any answer of Ollama's that is read as a whole: the list of tens of thousands of models.
pub(super) const MOST: usize = 16 << 20;

/// The body, cut where it is longer than [`MOST`].
pub(super) async fn bytes(mut response: Response) -> reqwest::Result<Vec<u8>> {
    let mut body = Vec::new();
    while body.len() < MOST
        && let Some(piece) = response.chunk().await?
    {
        body.extend_from_slice(&piece);
    }
    body.truncate(MOST);
    Ok(body)
}

/// The same as text.
pub(super) async fn text(response: Response) -> reqwest::Result<String> {
    let body = bytes(response).await?;
    Ok(String::from_utf8_lossy(&body).into_owned())
}
