"""The signing page in a real browser."""


def test_the_camera_reads_from_the_screen_what_the_answer_says(world, browser):
    browser.forgive("favicon.ico")
    created = world.create()
    browser.open(created.value("pageUrl"))
    assert browser.qr_codes() == [created.value("qrText")]
