package e2e;

import com.aliyun.tea.TeaException;

/** What the checks of SDKs that are built on Tea share. */
final class Tea {
    private Tea() {}

    /** Fails unless the call is refused with this code. */
    static TeaException refused(String code, Suite.Body call) throws Exception {
        try {
            call.run();
        } catch (TeaException error) {
            Suite.equal(error.getCode(), code, "code");
            return error;
        }
        throw new AssertionError("succeeded, expected " + code);
    }
}
