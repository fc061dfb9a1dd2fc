pub(crate) fn run(_: crate::args::NodeCommand) -> crate::failure::Result<crate::output::Report> {
    unimplemented!()
}
