/*
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package io.flinklsm.inspect.report;

import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;

/** The page: template, style, script and chart library with the data in between. */
public final class ReportPage {

    /** Apache ECharts, see NOTICE. */
    private static final String ECHARTS =
            "/META-INF/resources/webjars/echarts/5.5.0/echarts.min.js";

    private ReportPage() {}

    /** What writes the data. */
    @FunctionalInterface
    public interface Data {
        void write(JsonGenerator json) throws IOException;
    }

    /** The whole page. */
    public static String of(Data data) throws IOException {
        String style = resource("report.css");
        String script = resource("report.js");
        String echarts = resource(ECHARTS);
        String policy =
                "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; script-src"
                        + " "
                        + hash(echarts)
                        + " "
                        + hash(script)
                        + "; style-src "
                        + hash(style);
        StringBuilder page = new StringBuilder();
        String rest = resource("report.html");
        // Each mark once and in this order, so that nothing in a value is taken for one.
        for (String[] part :
                List.of(
                        new String[] {"@CSP@", policy},
                        new String[] {"@STYLE@", style},
                        new String[] {"@DATA@", json(data)},
                        new String[] {"@ECHARTS@", echarts},
                        new String[] {"@SCRIPT@", script})) {
            int at = rest.indexOf(part[0]);
            page.append(rest, 0, at).append(part[1]);
            rest = rest.substring(at + part[0].length());
        }
        return page.append(rest).toString();
    }

    /** ASCII, and without a character that could end the element it stands in. */
    private static String json(Data data) throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator json =
                new JsonFactoryBuilder()
                        .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
                        .build()
                        .createGenerator(text)) {
            json.writeStartObject();
            data.write(json);
            json.writeEndObject();
        }
        return text.toString()
                .replace("<", "\\u003c")
                .replace(">", "\\u003e")
                .replace("&", "\\u0026");
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = ReportPage.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException("a part of the program is missing: resource=" + name);
            }
            // A browser hashes what it reads after it has made line ends equal.
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).replace("\r\n", "\n");
        }
    }

    private static String hash(String text) {
        try {
            byte[] hash =
                    MessageDigest.getInstance("SHA-256")
                            .digest(text.getBytes(StandardCharsets.UTF_8));
            return "'sha256-" + Base64.getEncoder().encodeToString(hash) + "'";
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
