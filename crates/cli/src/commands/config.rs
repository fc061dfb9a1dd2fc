pub(crate) fn run(_: crate::args::ConfigCommand) -> crate::failure::Result<crate::output::Report> {
    unimplemented!()
}
