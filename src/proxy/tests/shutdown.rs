//! The end of a proxy.

use super::*;

#[tokio::test]
async fn shutdown_lets_a_running_answer_end() {
    let setup = Setup::relay().await;
    let (mut client, mut upstream) = setup.pass(&get("/api/tags")).await;
    setup.shutdown.disarm().cancel();
    upstream
        .send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate")
        .await;
    client.read_to("late").await;
    setup.served.await.expect("ends");
}

#[tokio::test]
async fn what_outlives_the_drain_is_cut() {
    let setup = Setup::with(|policy| policy.limits.drain_timeout = Duration::from_millis(50)).await;
    let (mut client, _upstream) = setup.pass(&get("/api/tags")).await;
    setup.shutdown.disarm().cancel();
    setup.served.await.expect("ends");
    assert_eq!(client.read_to_close().await, "");
}
