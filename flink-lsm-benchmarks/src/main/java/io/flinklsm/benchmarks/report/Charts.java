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
package io.flinklsm.benchmarks.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.geom.Rectangle2D;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.Locale;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.axis.Axis;
import org.jfree.chart.axis.LogAxis;
import org.jfree.chart.axis.NumberTickUnit;
import org.jfree.chart.plot.Plot;
import org.jfree.chart.title.TextTitle;
import org.jfree.chart.ui.HorizontalAlignment;
import org.jfree.svg.SVGGraphics2D;

/** What all plots have in common: colours that everybody can tell apart, fonts, and the file. */
final class Charts {

    static final Color TEXT = new Color(0x24292f);
    static final Color GRID = new Color(0xd0d7de);
    static final Color OURS = new Color(0x0072b2);
    static final Color BELOW = new Color(0xd55e00);
    static final Font SMALL = new Font(Font.SANS_SERIF, Font.PLAIN, 11);

    /** Half of a pixel, JFreeChart's own choice, is drawn by some viewers at some places only. */
    static final BasicStroke HAIRLINE = new BasicStroke(1f);

    private static final Font TITLE = new Font(Font.SANS_SERIF, Font.BOLD, 14);

    private Charts() {}

    /** The colour of a backend, the same in every plot. */
    static Color colorOf(String peer) {
        return switch (peer) {
            case Measurements.LSM -> OURS;
            case Measurements.HASHMAP -> new Color(0x009e73);
            case Measurements.ROCKSDB -> new Color(0xd55e00);
            case Measurements.ROCKSDB_TUNED -> new Color(0xe69f00);
            case Measurements.FORST -> new Color(0xcc79a7);
            default -> new Color(0x6e7781);
        };
    }

    static BasicStroke line() {
        return new BasicStroke(1.8f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND);
    }

    /** A logarithmic axis with a mark at every power of two. */
    static LogAxis logAxis(String label) {
        LogAxis axis = new LogAxis(label);
        axis.setBase(2);
        axis.setTickUnit(new NumberTickUnit(1));
        axis.setNumberFormatOverride(
                new DecimalFormat("#,##0.###", DecimalFormatSymbols.getInstance(Locale.ROOT)));
        style(axis);
        return axis;
    }

    /** Fonts, and lines that no viewer rounds away. */
    static void style(Axis axis) {
        axis.setLabelFont(SMALL);
        axis.setTickLabelFont(SMALL);
        axis.setTickLabelPaint(TEXT);
        axis.setTickMarkStroke(HAIRLINE);
        axis.setAxisLineStroke(HAIRLINE);
    }

    static JFreeChart chart(String title, Plot plot) {
        plot.setBackgroundPaint(Color.WHITE);
        plot.setOutlineVisible(false);
        JFreeChart chart = new JFreeChart(null, SMALL, plot, true);
        TextTitle heading = new TextTitle(title, TITLE);
        heading.setHorizontalAlignment(HorizontalAlignment.LEFT);
        heading.setPaint(TEXT);
        heading.setPadding(6, 8, 6, 8);
        chart.setTitle(heading);
        chart.setBackgroundPaint(Color.WHITE);
        chart.getLegend().setFrame(org.jfree.chart.block.BlockBorder.NONE);
        chart.getLegend().setItemFont(SMALL);
        return chart;
    }

    /** Writes a chart as an SVG file; the same chart gives the same bytes. */
    static void write(JFreeChart chart, int width, int height, Path file) throws IOException {
        SVGGraphics2D graphics = new SVGGraphics2D(width, height);
        // Otherwise the names inside the file would come from the clock.
        graphics.setDefsKeyPrefix("chart");
        chart.setElementHinting(false);
        chart.draw(graphics, new Rectangle2D.Double(0, 0, width, height));
        Files.write(file, (graphics.getSVGElement() + "\n").getBytes(StandardCharsets.UTF_8));
    }
}
