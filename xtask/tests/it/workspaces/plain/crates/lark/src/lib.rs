#[test]
fn sings() {
    assert_eq!(lark_core::notes() + lark_io::notes(), 5);
}
