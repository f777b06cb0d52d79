//! What runs the image, held against its Dockerfile: Compose, which builds one of its own, and Kubernetes.

const DOCKERFILE: &str = include_str!("../../Dockerfile");
const COMPOSE: &str = include_str!("../../../../deploy/compose.yaml");
const PUBLISHED: &str = include_str!("../../../../deploy/compose.published.yaml");
const KUBERNETES: &str = include_str!("../../../../deploy/kubernetes.yaml");

/// The lines of a Dockerfile from that user on, without comments and without the health check.
fn settings(dockerfile: &str) -> Vec<&str> {
    let lines = dockerfile.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .skip_while(|line| !line.starts_with("USER "))
        .filter(|line| !line.starts_with("HEALTHCHECK ") && !line.contains("\"health\""))
        .collect()
}

/// What follows `before` in a text, up to the end of the word.
fn after<'t>(text: &'t str, before: &str) -> &'t str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before}in\n{text}"));
    rest.split(['\n', ' ', '"', ']', '}']).next().unwrap()
}

#[test]
fn compose_builds_the_image_of_the_dockerfile() {
    let (_, inline) = COMPOSE.split_once("dockerfile_inline: |\n").unwrap();
    let (inline, _) = inline.split_once("    # Also").unwrap();
    assert_eq!(settings(inline), settings(DOCKERFILE));
    assert_eq!(settings(inline).len(), 8);
    assert!(inline.contains(" /usr/local/bin/market-data-ingestion\n"));
}

#[test]
fn compose_and_kubernetes_run_it_as_it_is_made() {
    for (option, key) in [
        ("--interval=", "interval: "),
        ("--timeout=", "timeout: "),
        ("--start-period=", "start_period: "),
        ("--retries=", "retries: "),
    ] {
        assert_eq!(after(DOCKERFILE, option), after(COMPOSE, key), "{option}");
    }
    assert!(DOCKERFILE.contains("CMD [\"/usr/local/bin/market-data-ingestion\", \"health\"]"));
    assert!(COMPOSE.contains("test: [\"CMD\", \"/usr/local/bin/market-data-ingestion\", \"health\"]"));
    let (user, port, volume) =
        (after(DOCKERFILE, "USER "), after(DOCKERFILE, "EXPOSE "), after(DOCKERFILE, "VOLUME [\""));
    assert_eq!(user, format!("{0}:{0}", after(KUBERNETES, "runAsUser: ")));
    assert_eq!(after(KUBERNETES, "containerPort: "), port);
    assert_eq!(after(KUBERNETES, "mountPath: "), volume);
    assert!(COMPOSE.contains(&format!("- market-data:{volume}\n")) && COMPOSE.contains(&format!(":{port}:{port}\"\n")));
    assert_eq!(after(PUBLISHED, "image: "), after(KUBERNETES, "image: "));
}
