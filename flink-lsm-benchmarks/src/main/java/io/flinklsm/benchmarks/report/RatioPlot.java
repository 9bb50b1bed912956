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
import java.awt.Paint;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Rectangle2D;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jfree.chart.LegendItem;
import org.jfree.chart.LegendItemCollection;
import org.jfree.chart.axis.AxisLocation;
import org.jfree.chart.axis.CategoryAxis;
import org.jfree.chart.axis.LogAxis;
import org.jfree.chart.plot.CategoryPlot;
import org.jfree.chart.plot.DatasetRenderingOrder;
import org.jfree.chart.plot.PlotOrientation;
import org.jfree.chart.plot.ValueMarker;
import org.jfree.chart.renderer.category.BarRenderer;
import org.jfree.chart.renderer.category.LineAndShapeRenderer;
import org.jfree.chart.renderer.category.StandardBarPainter;
import org.jfree.data.category.DefaultCategoryDataset;

/**
 * How many times better than its peer flink-lsm is, row by row on a logarithmic axis, each with the
 * bar that is asked of it. Where less is better, the ratio is turned over, so that right is always
 * good.
 */
final class RatioPlot {

    private static final int WIDTH = 960;
    private static final int ROW_HEIGHT = 20;
    private static final int FRAME_HEIGHT = 130;

    private RatioPlot() {}

    /**
     * Writes the plot.
     *
     * @param results those without a ratio are left out
     * @return whether there was anything to draw
     */
    static boolean write(List<BarResult> results, Measurements measurements, Path file)
            throws IOException {
        List<BarResult> rows =
                results.stream()
                        .filter(result -> result.bar().rule().isRatio() && result.isMeasured())
                        .filter(result -> isDrawable(result.timesBetter()))
                        .toList();
        if (rows.isEmpty()) {
            return false;
        }
        DefaultCategoryDataset ours = new DefaultCategoryDataset();
        DefaultCategoryDataset marks = new DefaultCategoryDataset();
        for (BarResult row : rows) {
            String label = label(row.bar());
            ours.addValue(row.timesBetter(), "flink-lsm", label);
            marks.addValue(row.timesBetterAsked(), "bar", label);
            double heap = row.timesBetterOfHeap(measurements);
            marks.addValue(isDrawable(heap) ? heap : null, "HashMap", label);
        }
        CategoryPlot plot = new CategoryPlot();
        plot.setOrientation(PlotOrientation.HORIZONTAL);
        plot.setDomainAxis(rowAxis());
        plot.setRangeAxis(Charts.logAxis("times better than the peer (logarithmic)"));
        plot.setRangeAxisLocation(AxisLocation.TOP_OR_LEFT);
        plot.setRangeGridlinePaint(Charts.GRID);
        plot.setRangeGridlineStroke(Charts.HAIRLINE);
        plot.addRangeMarker(new ValueMarker(1, Charts.TEXT, new BasicStroke(1f)));
        plot.setDataset(0, ours);
        plot.setRenderer(0, bars(rows));
        plot.setDataset(1, marks);
        plot.setRenderer(1, marks());
        plot.setDatasetRenderingOrder(DatasetRenderingOrder.FORWARD);
        plot.setFixedLegendItems(legend());
        widen((LogAxis) plot.getRangeAxis());
        Charts.write(
                Charts.chart("flink-lsm beside RocksDB", plot),
                WIDTH,
                FRAME_HEIGHT + ROW_HEIGHT * rows.size(),
                file);
        return true;
    }

    /** A logarithm needs a positive, finite number. */
    private static boolean isDrawable(double value) {
        return value > 0 && value < Double.POSITIVE_INFINITY;
    }

    private static String label(Bar bar) {
        return bar.peer().equals(Measurements.ROCKSDB)
                ? bar.row()
                : bar.row() + " (" + Measurements.nameOf(bar.peer()) + ")";
    }

    private static CategoryAxis rowAxis() {
        CategoryAxis axis = new CategoryAxis();
        Charts.style(axis);
        axis.setMaximumCategoryLabelWidthRatio(0.6f);
        axis.setLowerMargin(0.005);
        axis.setUpperMargin(0.005);
        axis.setCategoryMargin(0.3);
        return axis;
    }

    private static void widen(LogAxis axis) {
        axis.setAutoRange(true);
        axis.setLowerMargin(0.03);
        axis.setUpperMargin(0.05);
    }

    private static BarRenderer bars(List<BarResult> rows) {
        BarRenderer renderer =
                new BarRenderer() {
                    @Override
                    public Paint getItemPaint(int row, int column) {
                        return rows.get(column).met() ? Charts.OURS : Charts.BELOW;
                    }
                };
        renderer.setBase(1);
        renderer.setIncludeBaseInRange(true);
        renderer.setBarPainter(new StandardBarPainter());
        renderer.setShadowVisible(false);
        renderer.setDrawBarOutline(false);
        return renderer;
    }

    private static LineAndShapeRenderer marks() {
        LineAndShapeRenderer renderer = new LineAndShapeRenderer(false, true);
        renderer.setSeriesShape(0, tick());
        renderer.setSeriesPaint(0, Color.BLACK);
        renderer.setSeriesShape(1, dot());
        renderer.setSeriesPaint(1, Charts.colorOf(Measurements.HASHMAP));
        return renderer;
    }

    private static LegendItemCollection legend() {
        LegendItemCollection legend = new LegendItemCollection();
        Rectangle2D box = new Rectangle2D.Double(-5, -5, 10, 10);
        legend.add(item("bar met", box, Charts.OURS));
        legend.add(item("below the bar", box, Charts.BELOW));
        legend.add(item("the bar", tick(), Color.BLACK));
        legend.add(item("HashMap", dot(), Charts.colorOf(Measurements.HASHMAP)));
        return legend;
    }

    private static LegendItem item(String label, java.awt.Shape shape, Color color) {
        LegendItem item = new LegendItem(label, null, null, null, shape, color);
        item.setLabelFont(Charts.SMALL);
        return item;
    }

    private static Rectangle2D tick() {
        return new Rectangle2D.Double(-1.25, -8, 2.5, 16);
    }

    private static Ellipse2D dot() {
        return new Ellipse2D.Double(-3.5, -3.5, 7, 7);
    }
}
